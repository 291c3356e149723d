-- Who can take part. `local` is whoever sits at the machine of a server without accounts.
create table users (
    id            blob    not null primary key check (length(id) = 16),
    kind          text    not null check (kind in ('person', 'guest', 'local')),
    -- The name to log in with, in lower case; guests have none.
    login         text    unique check (login is null or length(login) between 2 and 64),
    -- What others see.
    name          text    not null check (length(name) between 1 and 1024),
    -- A PHC string.
    password      text,
    created_at    integer not null,
    -- An operator shut the account.
    disabled_at   integer,
    -- The person asked for it to be deleted; done seven days later.
    deleted_at    integer
) strict;

-- One login. The refresh token is kept as its SHA-256; the one before it tells reuse from a lost
-- answer.
create table sessions (
    id            blob    not null primary key check (length(id) = 16),
    user_id       blob    not null references users (id) on delete cascade,
    refresh_hash  blob    not null check (length(refresh_hash) = 32),
    previous_hash blob    check (previous_hash is null or length(previous_hash) = 32),
    -- How often the refresh token was rotated.
    generation    integer not null default 0 check (generation >= 0),
    -- Whether the newest refresh token was ever seen.
    confirmed     integer not null default 0 check (confirmed in (0, 1)),
    agent         text    not null check (length(agent) <= 256),
    address       text    not null check (length(address) <= 64),
    created_at    integer not null,
    used_at       integer not null,
    expires_at    integer not null,
    ended_at      integer
) strict;

create index sessions_by_user on sessions (user_id, created_at desc);

-- Grows with each change of who may do what; an append under another number writes nothing.
alter table documents add column access integer not null default 0 check (access >= 0);
-- In the trash since then; gone for good thirty days later.
alter table documents add column trashed_at integer;

create index documents_in_trash on documents (trashed_at);

-- Invitations. The secret is kept as its SHA-256.
create table links (
    id          blob    not null primary key check (length(id) = 16),
    document    blob    not null references documents (id) on delete cascade,
    secret_hash blob    not null unique check (length(secret_hash) = 32),
    role        text    not null check (role in ('editor', 'viewer')),
    -- Whether people without an account may come in.
    guests      integer not null default 0 check (guests in (0, 1)),
    label       text    not null default '' check (length(label) <= 1024),
    created_by  blob    references users (id) on delete set null,
    created_at  integer not null,
    expires_at  integer,
    revoked_at  integer
) strict;

create index links_by_document on links (document, created_at desc);

-- Who may do what. A member who came through a link has its role and goes with it, unless he had a
-- lower one before, which is then his again.
create table members (
    document   blob    not null references documents (id) on delete cascade,
    user_id    blob    not null references users (id) on delete cascade,
    role       text    not null check (role in ('owner', 'editor', 'viewer')),
    link       blob    references links (id) on delete cascade,
    own_role   text    check (own_role is null or own_role in ('editor', 'viewer')),
    created_at integer not null,
    primary key (document, user_id)
) strict, without rowid;

create index members_by_user on members (user_id, document);
create index members_by_link on members (link);

-- Whose client it is; no other user can submit under its id.
alter table clients add column user_id blob;
-- The name under which he last came.
alter table clients add column person text;

-- States of a document that people may want back: named by them, or kept by the server.
create table versions (
    id         blob    not null primary key check (length(id) = 16),
    document   blob    not null references documents (id) on delete cascade,
    revision   integer not null check (revision >= 0),
    -- A version without a name was kept by the server.
    name       text    check (name is null or length(name) between 1 and 1024),
    created_by blob    references users (id) on delete set null,
    created_at integer not null
) strict;

create index versions_by_document on versions (document, revision desc, id desc);
-- Two servers may want to keep the same state.
create unique index versions_kept on versions (document, revision) where name is null;

-- Parts of the log that were moved out of `entries` into the store of snapshots.
create table segments (
    document       blob    not null references documents (id) on delete cascade,
    epoch          integer not null check (epoch >= 1),
    first_revision integer not null check (first_revision >= 1),
    last_revision  integer not null check (last_revision >= first_revision),
    -- SHA-256 of the object.
    hash           blob    not null check (length(hash) = 32),
    bytes          integer not null check (bytes >= 0),
    created_at     integer not null,
    primary key (document, epoch, first_revision)
) strict, without rowid;

-- Answers to requests that named a key, to be given again.
create table idempotency (
    user_id      blob    not null,
    key          text    not null check (length(key) between 1 and 255),
    -- SHA-256 of method, path and body.
    request_hash blob    not null check (length(request_hash) = 32),
    -- Zero while the request is under way.
    status       integer not null default 0,
    body         text,
    location     text,
    created_at   integer not null,
    primary key (user_id, key)
) strict, without rowid;

-- What happened to accounts and permissions; never changed, and never the text of a document.
create table audit (
    id       blob    not null primary key check (length(id) = 16),
    at       integer not null,
    -- Who did it, where that is known.
    user_id  blob,
    action   text    not null check (length(action) between 1 and 64),
    document blob,
    -- Whom it was done to.
    subject  blob,
    address  text    not null default '' check (length(address) <= 64),
    detail   text    not null default '' check (length(detail) <= 1024)
) strict;

create index audit_by_time on audit (at);

-- Which server orders the edits of a busy document; safety never depends on it.
create table sequencers (
    document   blob    not null primary key references documents (id) on delete cascade,
    instance   blob    not null check (length(instance) = 16),
    term       integer not null default 1 check (term >= 1),
    expires_at integer not null
) strict;
