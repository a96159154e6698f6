<?php
// SPDX-License-Identifier: MIT
$image = imagecreatefrompng($argv[1]);
echo $image ? imagesx($image) . "\n" : "no image\n";
