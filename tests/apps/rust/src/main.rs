// SPDX-License-Identifier: MIT
use std::{env, process};

fn load(path: &str) -> image::ImageResult<image::DynamicImage> {
    image::open(path)
}

fn main() {
    let path = env::args().nth(1).expect("a path");
    match load(&path) {
        Ok(image) => println!("{} x {}", image.width(), image.height()),
        Err(error) => {
            eprintln!("cannot load {path}: {error}");
            process::exit(1)
        }
    }
}
