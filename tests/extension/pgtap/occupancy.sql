BEGIN;
\ir ../types_helpers.sql
SELECT * FROM no_plan();

-- Text form
SELECT is_empty(
    $$SELECT written, periods::occupancy FROM (VALUES
        ('{}', '{}'), (' { } ', '{}'),
        ('{[2025-03-01 09:00,2025-03-01 11:30)}', '{[2025-03-01 09:00,2025-03-01 11:30)}'),
        (E'{\n [2025-03-01 09:00,2025-03-01 11:30) ,\t[2025-03-02 00:00,2025-03-03 00:00)x2 }\n',
         '{[2025-03-01 09:00,2025-03-01 11:30),[2025-03-02 00:00,2025-03-03 00:00)x2}'),
        ('{[2025-03-01 09:00,2025-03-01 10:00),[2025-03-01 10:00,2025-03-01 11:00)}', '{[2025-03-01 09:00,2025-03-01 11:00)}'),
        ('{[2025-03-01 09:00,2025-03-01 10:00)x2,[2025-03-01 10:00,2025-03-01 11:00)x-1}',
         '{[2025-03-01 09:00,2025-03-01 10:00)x2,[2025-03-01 10:00,2025-03-01 11:00)x-1}'),
        ('{[2024-02-29 23:59,2024-03-01 00:00)x01}', '{[2024-02-29 23:59,2024-03-01 00:00)}'),
        ('{[0001-01-01 00:00,4001-01-01 00:00)x524288}', '{[0001-01-01 00:00,4001-01-01 00:00)x524288}')
      ) AS form (periods, written) WHERE periods::occupancy::text IS DISTINCT FROM written$$,
    'reads every form and writes one');
SELECT is_empty(
    $$SELECT day FROM generate_series(timestamp '0001-01-01', timestamp '4000-12-31', '1 day') AS day
       WHERE occupancy(tsrange(day, day + interval '23:59'))::text <> format('{[%1$s 00:00,%1$s 23:59)}', to_char(day, 'YYYY-MM-DD'))$$,
    'writes every day');
SELECT is_empty(
    $$SELECT day FROM generate_series(timestamp '0001-01-01', timestamp '4000-12-31', '1 day') AS day
       WHERE occupancy(tsrange(day, day + interval '23:59')) <> format('{[%1$s 00:00,%1$s 23:59)}', to_char(day, 'YYYY-MM-DD'))::occupancy$$,
    'and reads it');

SELECT * FROM finish();
ROLLBACK;
