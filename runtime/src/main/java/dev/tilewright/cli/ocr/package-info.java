/**
 * Reads the text in a picture: the demo. Detection finds the lines, recognition spells them.
 *
 * <p>The networks are PP-OCRv3's (Du et al. 2022); their pre- and post-processing is written here
 * from its published description.
 */
@NullMarked
package dev.tilewright.cli.ocr;

import org.jspecify.annotations.NullMarked;
