-- Who made the document, and with it the text that it began with. Unknown of those made before.
alter table documents add column created_by blob;
