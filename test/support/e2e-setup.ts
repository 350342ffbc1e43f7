import { jest } from "@jest/globals";

/** Real programs on a busy machine: generous, since a hanging test is the only thing that this must end. */
const TEST_MILLISECONDS = 180_000;

jest.setTimeout(TEST_MILLISECONDS);
