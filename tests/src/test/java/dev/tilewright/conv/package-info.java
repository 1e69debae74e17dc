/** What every convolution algorithm of every backend must do. */
@NullMarked
package dev.tilewright.conv;

import org.jspecify.annotations.NullMarked;
