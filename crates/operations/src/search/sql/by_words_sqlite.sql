-- The more of the words an element has, the better; then the shorter it is.
SELECT e.document_number, e.position
FROM elements e, json_each(?1) word
WHERE instr(lower(e.text), word.value) > 0
GROUP BY e.document_number, e.position
ORDER BY count(*) DESC, length(e.text), e.document_number, e.position
LIMIT ?2
