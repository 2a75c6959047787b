-- Takes the lease if it has run out; says who holds it if not. No row: at this
-- moment somebody else made the lease, and this statement could not see it yet.
-- $1 name, $2 holder, $3 TTL in milliseconds, $4 channel.
WITH free AS (
    -- A new epoch changes a key, and so waits for every write that is fenced by
    -- the old one (FOR KEY SHARE). Its leader may be frozen in the middle of one:
    -- better to be told so than to wait.
    SELECT name FROM leases
    WHERE name = $1 AND expires_at <= clock_timestamp()
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE leases
    SET holder = $2, epoch = leases.epoch + 1, acquired_at = clock_timestamp(), renewed_at = clock_timestamp(),
        expires_at = clock_timestamp() + $3 * interval '1 millisecond'
    FROM free
    WHERE leases.name = free.name
    RETURNING leases.epoch
), made AS (
    -- The first campaign of all: there is no row to lock.
    INSERT INTO leases (name, holder, epoch, acquired_at, renewed_at, expires_at)
    SELECT $1, $2, 1, clock_timestamp(), clock_timestamp(), clock_timestamp() + $3 * interval '1 millisecond'
    WHERE NOT EXISTS (SELECT FROM leases WHERE name = $1)
    -- Whichever key it is that somebody else was quicker with.
    ON CONFLICT DO NOTHING
    RETURNING epoch
), won AS (
    SELECT epoch FROM taken UNION ALL SELECT epoch FROM made
)
SELECT true AS won, $2 AS holder, epoch, $3 AS expires_in,
       pg_notify($4, concat_ws(chr(9), $1, 'acquired', left($2, 1000), epoch))::text AS notified
FROM won
UNION ALL
SELECT false, holder, epoch,
       ceil(1000 * extract(epoch FROM greatest(expires_at - clock_timestamp(), interval '0')))::bigint, NULL
FROM leases
WHERE name = $1 AND NOT EXISTS (SELECT FROM won)
