-- A document can have gone from the queue to the dead letters between the
-- snapshot of the insert and the insert itself. This statement's snapshot is later.
DELETE FROM document_queue q
USING dead_letter_queue dead
WHERE q.queue_id = ANY ($1) AND dead.run_id = q.run_id AND dead.doc_key = q.doc_key
RETURNING q.queue_id
