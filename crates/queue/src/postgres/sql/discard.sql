-- A part of a run's documents, whoever holds them; a holder finds its fence refused.
WITH part AS MATERIALIZED (
    SELECT queue_id FROM document_queue WHERE run_id = $1 LIMIT $2 FOR UPDATE
),
history AS (
    DELETE FROM document_attempts a USING part WHERE a.queue_id = part.queue_id
)
DELETE FROM document_queue q USING part WHERE q.queue_id = part.queue_id
