  AND letter.fingerprint IS NOT NULL
GROUP BY letter.fingerprint, letter.error_class
ORDER BY letters DESC, letter.fingerprint, letter.error_class
LIMIT $10
