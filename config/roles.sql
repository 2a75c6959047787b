-- The roles of distributed mode: one that owns the tables and migrates them, and
-- a narrower one that workers connect as. Run it with psql, connected to the
-- database, once the schema is there (`worker migrate`, as the first role):
--
--   psql -d go_doc_go -f config/roles.sql
--   psql -d go_doc_go -f config/roles.sql -v owner=alice -v worker=bob
--
-- Variables:
--   owner    the role that owns the tables: default processor_owner
--   worker   the role of the workers:       default processor_user
--
-- A superuser may run it; so may the owner of the database, where the roles are
-- there already. A role that is not there is made, without a password: psql's
-- \password gives it one. Running it again changes nothing that is as it should
-- be, and puts right what is not. Tables that later migrations make, the worker's
-- role may use at once; run it again to make it a mere reader of their views.
--
-- What the worker's role may do, and no more:
--   CONNECT                          on the database
--   USAGE                            on the schema public
--   SELECT, INSERT, UPDATE, DELETE   on the tables
--   USAGE, SELECT                    on the sequences
--   SELECT                           on the views and on refinery_schema_history
--
-- It takes from everyone else (PUBLIC) the right to connect to this database, to
-- make temporary tables in it and to create tables in public. Whoever shall read
-- the graph needs CONNECT, USAGE and SELECT of its own.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?owner}  \else \set owner processor_owner \endif
\if :{?worker} \else \set worker processor_user \endif

-- One transaction: workers that run never see half of it.
BEGIN;

-- A GRANT needs names, not values: format() quotes them, \gexec runs what it wrote.
SELECT format('CREATE ROLE %I LOGIN', wanted.role)
FROM (VALUES (:'owner'), (:'worker')) AS wanted (role)
WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted.role)
\gexec

-- The way in. By default everyone may connect to a database and make temporary
-- tables in it, and before PostgreSQL 15 everyone may create tables in public.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database())
UNION ALL
SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I', current_database(), :'owner', :'worker')
\gexec

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM :"worker";
GRANT USAGE ON SCHEMA public TO :"worker";
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";

-- What is there now, from nothing up, so that a role that had more loses it.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"worker";
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM :"worker";

SELECT format('GRANT %s ON %s%I TO %I',
              CASE WHEN relkind = 'S' THEN 'USAGE, SELECT'
                   -- Views, and the version of the schema, are only read.
                   WHEN relkind IN ('v', 'm') OR relname = 'refinery_schema_history' THEN 'SELECT'
                   ELSE 'SELECT, INSERT, UPDATE, DELETE'
              END,
              CASE WHEN relkind = 'S' THEN 'SEQUENCE public.' ELSE 'public.' END, relname, :'worker')
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relowner = :'owner'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S')
ORDER BY relname
\gexec

-- What later migrations make.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"worker";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO :"worker";

COMMIT;

SELECT format('%s may use %s tables, %s views and %s sequences of %s', :'worker',
              count(*) FILTER (WHERE relkind IN ('r', 'p')), count(*) FILTER (WHERE relkind IN ('v', 'm')),
              count(*) FILTER (WHERE relkind = 'S'), :'owner') AS "what was granted"
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relowner = :'owner'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S');
