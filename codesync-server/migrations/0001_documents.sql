-- A document: its settings, and the head row that every append compares and sets.
create table documents (
    id          blob    not null primary key check (length(id) = 16),
    epoch       integer not null default 1 check (epoch >= 1),
    head        integer not null default 0 check (head >= 0),
    -- The last author number given out.
    authors     integer not null default 0 check (authors >= 0),
    name        text    not null check (length(name) between 1 and 1024),
    -- What a search looks in: the name in lower case.
    name_folded text    not null,
    language    text    check (language is null or length(language) between 1 and 64),
    line_ending text    not null check (line_ending in ('lf', 'crlf')),
    -- Length of the text at head, in UTF-8 bytes.
    bytes       integer not null default 0 check (bytes >= 0),
    -- Milliseconds since 1970.
    created_at  integer not null,
    updated_at  integer not null
) strict;

create index documents_by_update on documents (updated_at desc, id desc);

-- The dedupe row of each client: what of its submissions was committed last, and where.
create table clients (
    document      blob    not null references documents (id) on delete cascade,
    author        integer not null check (author >= 1),
    client        blob    not null check (length(client) = 16),
    last_seq      integer not null default 0 check (last_seq >= 0),
    last_revision integer not null default 0 check (last_revision >= 0),
    primary key (document, author),
    unique (document, client)
) strict, without rowid;

-- The log. The primary key is the last guard against two entries under one revision.
create table entries (
    document     blob    not null references documents (id) on delete cascade,
    revision     integer not null check (revision >= 1),
    author       integer not null check (author >= 0),
    seq          integer not null check (seq >= 1),
    operation    blob    not null,
    -- Length of the text that the operation is made for, in Unicode scalar values: with it a row
    -- can be read by itself.
    base_length  integer not null check (base_length >= 0),
    committed_at integer not null,
    primary key (document, revision)
) strict, without rowid;

-- Written and emptied again to find out whether there is room on the disk.
create table probes (
    content blob not null
) strict;
