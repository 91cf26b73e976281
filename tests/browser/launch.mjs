// Headless Chromium as the browser tests use it: quiet, and without its own calls to the network.
import { chromium } from "playwright-core";

export const launch = ({ args = [], ...options } = {}) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    ...options,
    args: [
      ...args,
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });

// Runs named steps in order, prints a line for each, and ends the process with 0 when all of them held.
export const walk = async (steps) => {
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      console.log(`ok     ${name}`);
    } catch (error) {
      console.log(`failed ${name}\n${error.stack}`);
      process.exit(1);
    }
  }
  process.exit(0);
};
