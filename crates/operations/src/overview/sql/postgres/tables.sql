-- The server's own statistics; no table is looked into.
SELECT relname::text, n_live_tup, n_dead_tup, pg_total_relation_size(relid),
       extract(epoch FROM now() - greatest(last_vacuum, last_autovacuum))::double precision
FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND relname IN
    ('document_queue', 'documents', 'elements', 'relationships', 'embeddings', 'dead_letter_queue', 'run_counters',
     'run_progress', 'workers')
ORDER BY n_dead_tup DESC, relname
