/** Convolution variants, attention and other pieces of networks, one class each. */
@NullMarked
package dev.tilewright.zoo.block;

import org.jspecify.annotations.NullMarked;
