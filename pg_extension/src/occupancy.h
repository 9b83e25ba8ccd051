/*
 * Type occupancy: what the accumulation needs of it.
 */
#ifndef OCCUPANCY_H
#define OCCUPANCY_H

#include "postgres.h"

#include "occupancy_steps.h"

/*
 * The value of n sorted and cancelled steps, NULL when there are none; 54000
 * when there are too many.
 */
extern Datum occupancy_from_steps(const int32 *steps, Size n);

/* The steps of a value, which may be toasted. */
extern const int32 *occupancy_steps(Datum occupancy, Size *n);

/*
 * total + sign * steps, which are sorted and cancelled, as a new value; 54000
 * when it has too many.
 */
extern Datum occupancy_add(Datum total, const int32 *steps, Size n, int sign);

/*
 * The minutes of a tstzrange on the clock of Asia/Shanghai, or of a tsrange as
 * it is; from = to for an empty one.  Returns false and the reason when its
 * bounds are infinite, not whole minutes, not [ and ), or out of range.
 */
extern bool occupancy_period(Datum range, Oid range_type,
							 OccupancyPeriod *period, const char **reason);

#endif
