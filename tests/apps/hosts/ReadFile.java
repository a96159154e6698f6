// SPDX-License-Identifier: MIT
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import javax.imageio.ImageIO;

class ReadFile {
    public static void main(String[] arguments) throws IOException {
        BufferedImage image = ImageIO.read(new File(arguments[0]));
        System.out.println(image.getWidth() + " x " + image.getHeight());
    }
}
