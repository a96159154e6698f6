# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016 # the commands are expanded where they run
# The programs: a row each, for tests/apps/run, which says what the keys mean.

app Pillow 'python3 pillow.py "$IMAGE"' \
    version='python3 -c "import PIL; print(PIL.__version__)"' from='^python pillow.py:9 in load$'

app 'OpenCV (Python)' 'python3 opencv.py "$IMAGE"' \
    version='python3 -c "import cv2; print(cv2.__version__)"' from='^python opencv.py:8 in load$' \
    unsteady='s/ WARN:0@[0-9.]+/ WARN:0@TIME/'

app ImageMagick 'identify "$IMAGE"' \
    version='identify -version | head -n 1' from='^native libMagickCore.* ReadImage$' \
    unsteady='s/ [0-9.]+u [0-9:.]+$//'

app 'C++ ifstream' './ifstream "$IMAGE"' \
    version='g++ -dumpfullversion' build='g++ -O1 -o ifstream ifstream.cc' from='^native libstdc\+\+.* std::__basic_file' \

app Perl 'perl open.pl "$IMAGE"' \
    version='perl -e "print \$^V"' from='^native perl Perl_pp_open$'

app 'Node fs.readFile' 'node readfile.js "$IMAGE"' \
    version='node --version' from='^native libc.so.6 '

app 'Java ImageIO' 'java ReadImage.java "$IMAGE"' \
    version='java -version' from='^native libjava.so handleOpen$'
