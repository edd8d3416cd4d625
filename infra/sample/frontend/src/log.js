// One JSON object a line on stdout, where the container engine collects it.
const build = { version: process.env.VERSION || 'dev', colour: process.env.COLOUR || 'none' };

export const log = {
  info(msg, fields) {
    const line = { time: new Date().toISOString(), level: 'info', msg, ...build, ...fields };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  },
};
