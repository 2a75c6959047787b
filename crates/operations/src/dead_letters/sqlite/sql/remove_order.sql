    ORDER BY letter.died_at
    LIMIT ?10
)
