SELECT holder, epoch,
       extract(epoch FROM clock_timestamp() - acquired_at)::double precision,
       extract(epoch FROM clock_timestamp() - renewed_at)::double precision,
       extract(epoch FROM expires_at - clock_timestamp())::double precision
FROM leases
WHERE name = $1
