//! Where the settings lie.

use std::path::PathBuf;

/// `CODESYNC_CONFIG`, else `config.toml` in the folder that the system keeps for settings.
pub(super) fn file() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    choose(set("CODESYNC_CONFIG"), set("XDG_CONFIG_HOME"), set("HOME"), set("APPDATA"))
}

fn choose(
    own: Option<PathBuf>,
    xdg: Option<PathBuf>,
    home: Option<PathBuf>,
    roaming: Option<PathBuf>,
) -> Option<PathBuf> {
    // The XDG base directory specification: a path that is not absolute is to be ignored.
    let absolute = |path: Option<PathBuf>| path.filter(|path| path.is_absolute());
    let folder = absolute(xdg)
        .or_else(|| absolute(home).map(|home| home.join(".config")))
        .or_else(|| absolute(roaming));
    own.or_else(|| folder.map(|folder| folder.join("codesync").join("config.toml")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_wish_decides() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(choose(path("own.toml"), path("/xdg"), path("/home"), None), path("own.toml"));
        let file = "codesync/config.toml";
        let below = |folder: &str| path(&format!("{folder}/{file}"));
        assert_eq!(choose(None, path("/xdg"), path("/home"), None), below("/xdg"));
        assert_eq!(choose(None, path("xdg"), path("/home"), None), below("/home/.config"));
        assert_eq!(choose(None, None, None, None), None);
    }
}
