# How what is missing is got, for sh with -eu in the top folder.

# Debian packages, if we may; otherwise the error is the command to run.
install_debian() {
    install="apt-get install -y --no-install-recommends $*"
    sudo=
    if [ "$(id -u)" != 0 ]; then
        sudo='sudo -n'
        $sudo true 2>/dev/null || { echo "packages are missing: run \`sudo $install\`, then this again" >&2; return 1; }
    fi
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo $install
}

# Python packages, each with its version, in an environment of their own: FOLDER PACKAGE...
install_python() {
    python3 -c 'import ensurepip' 2>/dev/null || install_debian python3-venv
    python3 -m venv "$1"
    pip=$1/bin/pip
    shift
    "$pip" install -q "$@"
}

# The servers that `cargo xtask services` starts.
install_services() {
    command -v redis-server || install_debian redis-server
    ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb || install_debian postgresql
    [ -x target/moto/bin/moto_server ] || command -v moto_server ||
        install_python target/moto moto==5.2.5 flask==3.1.3 flask-cors==6.0.5 \
            py-partiql-parser==0.6.3 PyYAML==6.0.4
}
