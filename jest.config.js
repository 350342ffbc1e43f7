// Two projects: unit tests start nothing; e2e tests run real Terraform, real servers, the real provider.
const common = {
  transform: {
    "^.+\\.(t|m?j)sx?$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
    ],
  },
  transformIgnorePatterns: [
    "/node_modules/(?!(execa|@sec-ant|@sindresorhus|unicorn-magic|strip-final-newline|get-stream|is-stream|npm-run-path|path-key|pretty-ms|parse-ms|yoctocolors|figures|is-plain-obj|is-unicode-supported|human-signals)/)",
  ],
  // Jest would replace what libraries keep on the global object by accessors, which call each other without end when two
  // files of one process do it to the same object (signal-exit's). The processes of Jest end with the run anyway.
  testEnvironmentOptions: { globalsCleanup: "off" },
  moduleNameMapper: {
    // An `import()` names a file as it is when built.
    "^(\\.{1,2}/(?:(?:commands|secrets|terminal)/.*|take-and-restore))\\.js$": ["$1", "$1.js"],
  },
  setupFiles: ["<rootDir>/test/support/jest-setup.ts"],
};

module.exports = {
  // Three suites share two cores: a test that takes a second alone may take several.
  testTimeout: 20_000,
  testSequencer: "<rootDir>/test/support/longest-first.cjs",
  projects: [
    {
      ...common,
      displayName: "unit",
      rootDir: __dirname,
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/e2e/"],
    },
    {
      ...common,
      displayName: "e2e",
      setupFilesAfterEnv: ["<rootDir>/test/support/e2e-setup.ts"],
      rootDir: __dirname,
      testMatch: ["<rootDir>/test/e2e/**/*.test.ts"],
    },
  ],
};
