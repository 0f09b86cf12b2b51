-- One row per statement and transaction, where the cost of statement-level triggers is highest.
\set owner random(:first_user, :last_user)
INSERT INTO item (title, description, owner_id) VALUES ('Added', 'by the benchmark', :owner);
