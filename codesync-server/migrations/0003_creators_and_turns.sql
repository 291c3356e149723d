-- Who made the document, and with it the text that it began with. Unknown of those made before.
alter table documents add column created_by blob;

-- Servers that write into one document take turns by what they hear; nothing is kept of it.
drop table sequencers;
