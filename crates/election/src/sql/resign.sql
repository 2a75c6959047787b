-- The row stays, so that epochs go on rising from where they are.
-- $1 name, $2 holder, $3 epoch, $4 channel.
UPDATE leases
SET expires_at = clock_timestamp()
WHERE name = $1 AND holder = $2 AND epoch = $3 AND expires_at > clock_timestamp()
RETURNING pg_notify($4, concat_ws(chr(9), name, 'resigned', left(holder, 1000), epoch))::text AS notified
