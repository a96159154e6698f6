// SPDX-License-Identifier: MIT
const sharp = require(process.env.TOOLS + '/sharp/node_modules/sharp');

sharp(process.argv[2]).metadata().then((image) => console.log(image.width)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
});
