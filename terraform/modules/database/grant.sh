# shellcheck shell=sh
# Whom servers are in the database, and what that user may do. Run after each migration, and again
# whenever the password changes. The password passes through no command line.
if [ -n "${AUTHORITIES:-}" ]; then
    export PGSSLROOTCERT=/tmp/authorities.pem
    printf '%s\n' "$AUTHORITIES" > "$PGSSLROOTCERT"
fi
exec psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --single-transaction <<'SQL'
\getenv name SERVING_USER
\getenv password SERVING_PASSWORD
select 'create role codesync_serves nologin'
    where not exists (select from pg_roles where rolname = 'codesync_serves') \gexec
select format('create role %I login', :'name')
    where not exists (select from pg_roles where rolname = :'name') \gexec
alter role :"name" with login password :'password';
grant codesync_serves to :"name";
grant usage on schema public to codesync_serves;
grant select, insert, update, delete on all tables in schema public to codesync_serves;
revoke update, delete on audit from codesync_serves;
revoke insert, update, delete on _sqlx_migrations from codesync_serves;
SQL
