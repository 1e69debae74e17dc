/** Convolution as a problem, and the interface of an algorithm that solves it. */
@NullMarked
package dev.tilewright.conv;

import org.jspecify.annotations.NullMarked;
