/** Every point of a rotation of a user of PostgreSQL; tests hold the list against real rotations. */
export const ROTATION_POINTS = [
  ...["called", "locked", "value made", "value stored", "done"].map((point) => `createSecret: ${point}`),
  ...["called", "locked", "value refused so far", "not committed", "value installed", "done"].map(
    (point) => `setSecret: ${point}`,
  ),
  ...["called", "locked", "value accepted", "done"].map((point) => `testSecret: ${point}`),
  ...["called", "locked", "value accepted", "version promoted", "version settled", "done"].map(
    (point) => `finishSecret: ${point}`,
  ),
];
