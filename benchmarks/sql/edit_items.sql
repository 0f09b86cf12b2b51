-- The work of a person with items: edit an item, read it and its owner, add an item.
\set item random(:first_item, :last_item)
\set owner random(:first_user, :last_user)
BEGIN;
UPDATE item SET title = 'Edited ' || :item, version = version + 1, updated_at = now() WHERE id = :item;
SELECT id, title, description, owner_id, version, created_at FROM item WHERE id = :item;
SELECT id, email, full_name, is_active FROM "user" WHERE id = :owner;
INSERT INTO item (title, description, owner_id) VALUES ('Added', 'by the benchmark', :owner);
COMMIT;
