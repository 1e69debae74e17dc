/** The demo: geometry and decoding alone, then the whole. */
@NullMarked
package dev.tilewright.cli.ocr;

import org.jspecify.annotations.NullMarked;
