-- Connections are those of the whole server: they share its limit. What belongs to other roles may be hidden.
SELECT (SELECT CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END
        FROM pg_database WHERE datname = current_database()) AS size,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_setting('max_connections')::bigint AS max_connections
