/** The catalogue of convolution variants, blocks and networks that are built without a file. */
@NullMarked
package dev.tilewright.zoo;

import org.jspecify.annotations.NullMarked;
