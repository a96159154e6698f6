// SPDX-License-Identifier: MIT
import java.awt.image.BufferedImage;
import java.io.FileInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;

class ReadImage {
    public static void main(String[] arguments) throws IOException {
        try (FileInputStream stream = new FileInputStream(arguments[0])) {
            BufferedImage image = ImageIO.read(stream);
            System.out.println(image.getWidth() + " x " + image.getHeight());
        }
    }
}
