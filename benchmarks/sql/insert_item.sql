-- One row, one statement, one transaction: where a trigger for each statement weighs most.
\set owner random(:first_user, :last_user)
INSERT INTO item (title, description, owner_id) VALUES ('Added', 'by the benchmark', :owner);
