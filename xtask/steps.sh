# What the steps of `cargo xtask test` do, for sh with -eu in the top folder; their order, and the
# steps that are more than a few commands, stand in src. PROGRAMS is where Cargo puts what it builds,
# and MADE the folder for what is made only once.
#
# One profile and one choice of crates, so that nothing is compiled twice. xtask is left out of
# most: it has no tests, and the largest of dependencies.
crates="--locked --workspace --exclude xtask"

# Lock files name no download host but the default, whatever mirror their author used.
locks() {
    sources=$(git grep -hE '(source =|"resolved":) "' '*Cargo.lock' '*package-lock.json')
    ! echo "$sources" | grep -vE '"(registry\+https://github.com/rust-lang/crates.io-index"|https://registry.npmjs.org/)'
}

format() { cargo fmt --all -- --check; }

# Two providers of cryptography in one program make rustls panic at run time; ours is aws-lc-rs.
ring() {
    tree=$(cargo tree --locked -p codesync-server -p codesync-tui -e normal,build)
    ! echo "$tree" | grep ' ring v'
}

# The database of advisories wants a network that not every machine has: it is not asked here.
licences() {
    if cargo deny --version 2>/dev/null; then cargo deny --locked check bans licenses sources
    else echo 'Not checked: this machine lacks `cargo install cargo-deny`.'; fi
}

# What Terraform tells servers, and what its alarms wait for, is what there is, and its manual has each
# variable. Then each module is validated and tested with mocked providers, in a copy: no account is
# asked, but their schemas come from a registry, or from the mirror that TF_CLI_CONFIG_FILE names.
terraform() {
    for word in $(grep -rhoE 'CODESYNC_[A-Z0-9_]*[A-Z0-9]' terraform) \
        $(grep -hoE '"codesync_[a-z_]+"' terraform/modules/monitoring/*.tf terraform/modules/ecs-service/*.tf | tr -d '"'); do
        grep -qF "\`$word\`" docs/operations.md || { echo "$word is not in docs/operations.md"; return 1; }
    done
    for word in $(sed -n 's/^variable "\(.*\)".*/\1/p' terraform/variables.tf); do
        grep -qF "\`$word\`" terraform/README.md || { echo "$word is not in terraform/README.md"; return 1; }
    done
    tool=terraform
    command $tool version 2>/dev/null || tool=tofu
    command $tool version 2>/dev/null || { echo 'Not checked: this machine lacks Terraform and OpenTofu.'; return; }
    command $tool fmt -check -recursive -diff terraform
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    cp -R terraform "$copy"
    mkdir "$copy/plugins"
    export TF_PLUGIN_CACHE_DIR="$copy/plugins" AWS_REGION=eu-central-1
    for folder in "$copy"/terraform "$copy"/terraform/modules/*; do
        echo "${folder#"$copy/"}"
        command $tool -chdir="$folder" init -backend=false -input=false -no-color >"$copy/init" 2>&1 || {
            tail -n 20 "$copy/init"
            grep -q "Failed to query available provider packages" "$copy/init"
            echo 'Not validated: no registry with the providers is to be reached from here.'
            return
        }
        command $tool -chdir="$folder" validate -no-color
        command $tool -chdir="$folder" test -no-color
    done
}

typecheck() { npm --prefix frontend run typecheck; }
lint() { npm --prefix frontend run lint; }
page_tests() { npm --prefix frontend test; }
page_size() { npm --prefix frontend run size; }

clippy() { cargo clippy --locked --workspace --all-targets --profile ci -- -D warnings; }
# All that clippy looks at, so that the features of what they depend on are the same, and it is not
# compiled twice.
docs() {
    RUSTDOCFLAGS='-D warnings' \
        cargo doc --locked --workspace --no-deps --lib --bin codesync --bin xtask --examples --profile ci
}

tests() {
    if cargo nextest --version 2>/dev/null; then
        cargo nextest run $crates --no-fail-fast --cargo-profile ci --test-threads $(($(getconf _NPROCESSORS_ONLN) + 2)) \
            ${CODESYNC_TEST_LONG:+--profile long}
    else
        cargo test $crates --no-fail-fast --profile ci --lib --bins --tests --examples
    fi
}

doctests() { cargo test $crates --profile ci --doc; }

# Instructions of a dozen cases of the core, which nothing else on the machine disturbs, against
# those that are kept: 10 % more is a regression, 10 % less wants to be kept. Where the compiler cuts
# the crate into parts makes 4 %; another compiler counts otherwise. COUNT=keep writes them down anew.
instructions() {
    kept=codesync-core/benches/instructions.txt
    compiler=$(rustc --version)
    if ! valgrind --version 2>/dev/null; then echo 'Not counted: this machine lacks valgrind.'; return; fi
    if [ -z "${COUNT:-}" ] && ! grep -qxF "# $compiler" $kept; then
        echo "Not compared: $kept was counted with another compiler than $compiler."; return
    fi
    cargo test $crates --profile ci --no-run
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    valgrind --tool=callgrind --callgrind-out-file="$made/out" --collect-atstart=no \
        --toggle-collect='instructions::counted*' --dump-after='instructions::case*' \
        "$PROGRAMS/examples/instructions" >"$made/names" 2>"$made/log" || { cat "$made/log"; return 1; }
    { echo "# $compiler"
      ls -v "$made"/out.* | xargs grep -h '^summary:' | cut -d' ' -f2 | paste - "$made/names" |
          awk -F'\t' '{ printf "%12d  %s\n", $1, $2 }'; } >"$made/counts"
    if [ -n "${COUNT:-}" ]; then cp "$made/counts" $kept; cat $kept; return; fi
    awk 'FNR == 1 { next }
        { count = $1; name = $0; sub(/^ *[0-9]+  /, "", name) }
        NR == FNR { kept[name] = count; next }
        { off = name in kept ? (count / kept[name] - 1) * 100 : 100; delete kept[name]
          bad = off > 10 || off < -10; failed += bad
          printf "%12d %+6.1f %%  %s%s\n", count, off, name, bad ? "  <<<" : "" }
        END { for (name in kept) { failed++; print "not counted: " name } exit failed > 0 }' \
        $kept "$made/counts" || {
        echo "More than 10 % off. If that is meant: COUNT=keep cargo xtask test --only instructions"; return 1; }
}

# The real server, asked by made-up requests whether it is what its description says.
api() {
    asking="schemathesis==4.32.5 hypothesis==6.170.17"
    # The folder has the versions' name, so that another version is another folder.
    export ASKING="$MADE/$(echo "$asking" | tr ' ' '-')"
    [ -x "$ASKING/bin/schemathesis" ] || install_python "$ASKING" $asking
    cargo test $crates --profile ci --no-run
    # What its library keeps for itself belongs to it, not into this folder.
    export HYPOTHESIS_STORAGE_DIRECTORY="$ASKING/hypothesis"
    for asked in schemathesis:examples,coverage,fuzzing schemathesis-stateful:stateful; do
        "$PROGRAMS/examples/api_server" sh -c 'exec "$ASKING/bin/schemathesis" --config-file ".ci/$0.toml" \
            run "$CODESYNC_API_URL/api/openapi.json" --phases "$1" --checks all' "${asked%:*}" "${asked#*:}"
    done
}

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# The programs are those that the tests needed, examples among them: built alone, they would share
# fewer dependencies.
end_to_end() {
    browser || install_debian chromium
    export CHROMIUM="$(browser)" CODESYNC_SERVER_BIN="$PROGRAMS/codesync-server" \
        CODESYNC_BIN="$PROGRAMS/codesync" CODESYNC_PLAY_TRACE="$PROGRAMS/examples/play_trace"
    cargo test $crates --profile ci --no-run
    npm --prefix frontend run e2e
}

# Each target for a minute, in the long run only.
fuzz() {
    if [ -z "${CODESYNC_TEST_LONG:-}" ]; then echo 'Not run: only with --long.'; return; fi
    cargo fuzz --version 2>/dev/null || cargo install cargo-fuzz
    cd codesync-core
    for target in $(cargo fuzz list); do
        RUSTC_BOOTSTRAP=1 cargo fuzz run "$target" -- -max_total_time=60
    done
}
