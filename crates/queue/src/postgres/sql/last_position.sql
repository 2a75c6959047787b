-- The last position of a row that can be seen. Not the sequence's: after a
-- crash the server may give positions again that nobody had committed.
SELECT greatest(
    (SELECT position FROM document_queue WHERE run_id = $1 AND priority = 2 ORDER BY position DESC LIMIT 1),
    (SELECT position FROM document_queue WHERE run_id = $1 AND priority = 1 ORDER BY position DESC LIMIT 1),
    (SELECT position FROM document_queue WHERE run_id = $1 AND priority = 0 ORDER BY position DESC LIMIT 1))
