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

# ImageIO.read(File) asks access(2) first, and then says no more than "Can't read input file!".
app 'Java ImageIO.read(File)' 'java ReadFile.java "$IMAGE"' \
    version='java -version' from='^native libjava.so Java_java_io_UnixFileSystem_checkAccess' with=PERMSHIM_CALLS=open,dir,probe+

# --- Python

app imageio 'python3 imageio_read.py "$IMAGE"' \
    version='python3 -c "import imageio; print(imageio.__version__)"' from='^python imageio_read.py:7 in load$' \
    with=PERMSHIM_CALLS=open,dir,probe+

app scikit-image 'python3 skimage_read.py "$IMAGE"' \
    version='python3 -c "import skimage; print(skimage.__version__)"' from='^python skimage_read.py:7 in load$' \
    with=PERMSHIM_CALLS=open,dir,probe+

app matplotlib 'python3 matplotlib_read.py "$IMAGE"' \
    version='python3 -c "import matplotlib; print(matplotlib.__version__)"' from='^python matplotlib_read.py:7 in load$'

app rasterio 'python3 rasterio_read.py "$IMAGE"' \
    version='python3 -c "import rasterio; print(rasterio.__version__)"' from='^python rasterio_read.py:10 in load$' \
    with=PERMSHIM_CALLS=open weaker='GDAL lists the directory too, for side files: that is a report of its own'

app h5py 'python3 h5py_read.py "$IMAGE"' suffix=h5 with='PERMSHIM_MATCH=+*.h5' from='^python h5py_read.py:7 in load$' \
    build='python3 -c "import h5py; h5py.File(\"../image.h5\", \"w\")[\"image\"] = 1"' \
    version='python3 -c "import h5py; print(h5py.__version__)"'

app pydicom 'python3 dicom_read.py "$IMAGE"' suffix=dcm from='^python dicom_read.py:7 in load$' \
    build='printf "\x08\x00\x60\x00CS\x02\x00MR" >../image.dcm' \
    version='python3 -c "import pydicom; print(pydicom.__version__)"'

app 'Qt QImage' 'python3 qt_read.py "$IMAGE"' from='^python qt_read.py:8 in load$' more=true \
    weaker='appends every suffix it knows to the name: a report of each' \
    version='python3 -c "from PyQt5.QtCore import QT_VERSION_STR; print(QT_VERSION_STR)"'

app GdkPixbuf 'python3 gdk_read.py "$IMAGE"' from='^python gdk_read.py:10 in load$' \
    version='python3 -c "from gi.repository import GdkPixbuf; print(GdkPixbuf.PIXBUF_VERSION)" 2>/dev/null'

app 'PyTorch DataLoader' 'python3 dataloader.py "$IMAGE"' \
    version='python3 -c "import torch; print(torch.__version__)"' from='^python dataloader.py:14 in (Images\.)?__getitem__$' \
    counts=1000

app 'torchvision ImageFolder' 'python3 imagefolder.py "${SET%/*}"' \
    version='python3 -c "import torchvision; print(torchvision.__version__)"' from='^python imagefolder.py:5 in <module>$' \
    without='file path' lists=true

# What TensorFlow says of itself carries times and process ids.
tensorflow='/^(20[0-9]{2}-|WARNING: All log|[EIW]0000 )/d'

app 'Keras load_img' '"$TOOLS/keras/bin/python" keras_load.py "$IMAGE"' from='^python keras_load.py:7 in load$' unsteady="$tensorflow" \
    version='"$TOOLS/keras/bin/python" -c "import keras; print(keras.__version__)" 2>/dev/null'

app 'Keras flow_from_directory' '"$TOOLS/keras/bin/python" keras_flow.py "${SET%/*}"' unsteady="$tensorflow" \
    version='"$TOOLS/keras/bin/python" -c "import keras; print(keras.__version__)" 2>/dev/null' lists=true without=path \
    from='^python (keras_flow.py:[0-9]+ in <module>$|.*/keras/.*directory)' mended='^Found 1 images'

app 'Keras image_dataset_from_directory' '"$TOOLS/keras/bin/python" keras_dataset.py "${SET%/*}"' unsteady="$tensorflow" \
    version='"$TOOLS/keras/bin/python" -c "import keras; print(keras.__version__)" 2>/dev/null' lists=true without=path \
    from='^(native libtensorflow|python .*/keras/.*dataset)'

app 'tf.data' '"$TOOLS/keras/bin/python" tfdata.py "$IMAGE"' unsteady="$tensorflow" from='^native libtensorflow' \
    version='"$TOOLS/keras/bin/python" -c "import tensorflow; print(tensorflow.__version__)" 2>/dev/null'

# --- servers

# As its user would type it: permshim --probe flask run.
app 'Flask' 'bash fetch.sh "http://127.0.0.1:$PORT/${IMAGE##*/}" $LAUNCHER python3 -m flask --app flask_app run --port $PORT' \
    version='python3 -c "import flask; print(flask.__version__)"' from='^python flask_app.py:10 in picture$' \
    with='LAUNCHER=permshim --probe' without=path mended='^200 image/png' weaker='a wrong path is a 404 like any other: probe+'

app 'gunicorn' 'bash fetch.sh "http://127.0.0.1:$PORT/${IMAGE##*/}" python3 -m gunicorn -w 2 -b 127.0.0.1:$PORT flask_app:app' \
    version='python3 -c "import gunicorn; print(gunicorn.__version__)"' from='^python flask_app.py:10 in picture$' \
    with=PERMSHIM_CALLS=open,dir,probe+ mended='^200 image/png'

app nginx 'sed -i "s|listen .*; root .*;|listen 127.0.0.1:$PORT; root $SET;|" nginx.conf; bash fetch.sh "http://127.0.0.1:$PORT/${IMAGE##*/}" nginx -p . -c nginx.conf' \
    version='nginx -v' from='^native nginx ' mended='^200 image/png' \
    log_only=true weaker='its stderr becomes its log: PERMSHIM_LOG only'

app Apache 'bash fetch.sh "http://127.0.0.1:$PORT/${IMAGE##*/}" apache2 -X -f "$PWD/apache.conf"' \
    version='apache2 -v' from='^native apache2 ' mended='^200 image/png' with=PERMSHIM_CALLS=open,dir,probe+ \
    log_only=true weaker='its stderr becomes its log: PERMSHIM_LOG only'

# --- others

app GraphicsMagick 'gm identify "$IMAGE"' version='gm version' from='^native libGraphicsMagick.* ReadImage$' \
    unsteady='s/ [0-9.]+u [0-9:.m]+s?$//'

app ffmpeg 'ffmpeg -nostdin -hide_banner -v error -i "$IMAGE" -f rawvideo -y frame.raw && ls frame.raw' version='ffmpeg -version' \
    from='^native libavformat.* avformat_open_input$'

app libvips 'vipsheader "$IMAGE"' version='vips --version' from='^native libvips.* vips_' \
    with=PERMSHIM_CALLS=open,dir,probe without=path weaker='of a wrong path probe+ tells, and of a side file that is not there'

app ExifTool 'exiftool -ImageSize "$IMAGE"' version='exiftool -ver' from='^native perl Perl_pp_' with=PERMSHIM_CALLS=open,dir,probe+

app PHP-GD 'php gd.php "$IMAGE"' version='php --version' from='^native php'

app Ruby 'ruby read.rb "$IMAGE"' version='ruby --version' from='^native libruby.* rb_'

app R 'Rscript read.R "$IMAGE"' version='Rscript --version' from='^native png.so read_png$'

app 'sharp (Node)' 'node sharp.js "$IMAGE"' from='^native libvips' with=PERMSHIM_CALLS=open,dir,probe+ \
    version='node -p "require(process.env.TOOLS + \"/sharp/node_modules/sharp/package.json\").version"'

app 'Rust image' '"$TOOLS/rust/release/rust_image" "$IMAGE"' from='^native rust_image .*rust_image::(load|main)' \
    version='test -x "$TOOLS/rust/release/rust_image" && sed -n "s/^image = .*\"=\([0-9.]*\)\".*/\1/p" "$TOOLS/rust/.pins"'

app 'C++ std::filesystem' './copy "$IMAGE"' version='g++ -dumpfullversion' build='g++ -O1 -std=c++17 -o copy copy.cc' \
    from='^native copy main$' with=PERMSHIM_CALLS=open,dir,probe+

app 'C++ directory_iterator' './list "$SET"' version='g++ -dumpfullversion' build='g++ -O1 -std=c++17 -o list list.cc' \
    from='^native libstdc\+\+.* std::filesystem::' without='file path' lists=true

app 'bash redirection' 'wc -c <"$IMAGE"' version='bash --version' from='^native bash '

app cp 'cp "$IMAGE" copy.png && wc -c copy.png' version='cp --version' from='^native cp ' with=PERMSHIM_CALLS=open,dir,probe \
    without=path weaker='of a wrong path probe+ tells, and of the copy that is not there yet'

app find 'find "$SET" -name "*.png" -printf "%f\n"' version='find --version' from='^native find ' without='file path' lists=true

# --- what no preload can see: the launcher says so

unseen 'a Go program' './opener "$IMAGE"' build='go build -o opener opener.go' version='go version' \
    says='permshim: .*opener is made by Go, which opens files without libc: no reports from it\.'

unseen 'a static binary' './static "$IMAGE"' build='g++ -static -O1 -o static ifstream.cc' version='g++ -dumpfullversion' \
    says='permshim: .*static is linked statically, so no library can be loaded into it: no reports from it\.'

unseen 'a set-uid program' './setuid "$IMAGE"' build='cp "$(type -P cat)" setuid && chmod 4755 setuid' version='cat --version' \
    says='permshim: .*setuid .*so the loader drops LD_PRELOAD: no reports'

# --- nothing to say

quiet 'cp "$IMAGE" copy.png && mv copy.png moved.png && ln -s moved.png link.png && rm moved.png link.png'
quiet 'install -m 644 "$IMAGE" installed.png && dd if="$IMAGE" of=dd.png status=none && touch new.png && truncate -s 9 cut.png'
quiet 'tar -cf a.tar -C "$SET" image.png && tar -xf a.tar'
quiet 'convert "$IMAGE" made.jpg'
quiet 'gm convert "$IMAGE" made.jpg'
quiet 'ffmpeg -nostdin -v error -y -i "$IMAGE" made.png'
quiet 'vips copy "$IMAGE" made.png'
quiet 'exiftool -o commented.png -Comment=made "$IMAGE"'
quiet 'python3 -c "from PIL import Image; Image.open(\"$IMAGE\").save(\"made.png\")"'
quiet 'python3 -c "import cv2; cv2.imwrite(\"made.png\", cv2.imread(\"$IMAGE\"))"'
quiet 'python3 -c "import matplotlib.image as m; m.imsave(\"made.png\", m.imread(\"$IMAGE\"))"'
quiet 'php -r "imagepng(imagecreatefrompng(getenv(\"IMAGE\")), \"made.png\");"'
quiet 'find "$SET" -name "*.png" >list && ls -l "$SET" >list && grep -c PNG "$IMAGE"'
