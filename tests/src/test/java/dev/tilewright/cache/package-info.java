/** Plans and packed weights in a file: what is used, and what is not. */
@NullMarked
package dev.tilewright.cache;

import org.jspecify.annotations.NullMarked;
