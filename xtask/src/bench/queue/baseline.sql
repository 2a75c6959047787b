DROP TABLE IF EXISTS bench_baseline;
CREATE TABLE bench_baseline (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    status     smallint    NOT NULL DEFAULT 0,
    attempt    integer     NOT NULL DEFAULT 0,
    worker     text,
    claimed_at timestamptz,
    payload    text        NOT NULL
);
CREATE INDEX bench_baseline_claimable ON bench_baseline (id) WHERE status = 0;
