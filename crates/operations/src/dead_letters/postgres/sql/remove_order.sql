    ORDER BY letter.died_at
    LIMIT $10
    FOR UPDATE OF letter SKIP LOCKED
))
