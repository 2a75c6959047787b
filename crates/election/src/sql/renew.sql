-- Changes no key, and so does not wait for writes that are fenced by this epoch.
-- $1 name, $2 holder, $3 epoch, $4 TTL in milliseconds, $5 channel.
UPDATE leases
SET renewed_at = clock_timestamp(), expires_at = clock_timestamp() + $4 * interval '1 millisecond'
WHERE name = $1 AND holder = $2 AND epoch = $3
  -- A renewal that was given up, and arrives after the resignation, must not bring the lease back.
  AND expires_at > clock_timestamp()
RETURNING pg_notify($5, concat_ws(chr(9), name, 'renewed', left(holder, 1000), epoch))::text AS notified
