-- The transactions that may have drawn positions and not committed them: each
-- holds this lock from before it draws the first until its rows can be seen.
SELECT DISTINCT virtualtransaction
FROM pg_locks
WHERE locktype = 'relation' AND relation = 'document_queue'::regclass AND mode = 'RowExclusiveLock'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
