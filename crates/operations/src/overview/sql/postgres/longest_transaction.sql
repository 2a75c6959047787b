-- Of this database, other than this one.
SELECT extract(epoch FROM now() - xact_start)::double precision, pid, coalesce(application_name, ''), coalesce(state, '')
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
  AND backend_type = 'client backend'
ORDER BY xact_start
LIMIT 1
