-- The lock keeps the epoch as it is until the transaction ends; renewals go on meanwhile.
-- Whether the lease has run out does not matter here: until another one has won it, nobody else writes.
SELECT 1 FROM leases
WHERE name = $1 AND holder = $2 AND epoch = $3
FOR KEY SHARE
