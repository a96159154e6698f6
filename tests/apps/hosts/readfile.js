// SPDX-License-Identifier: MIT
const fs = require('fs');

fs.readFile(process.argv[2], (error, bytes) => {
    if (error) throw error;
    console.log(bytes.length);
});
