/** Tests of the zoo. */
@NullMarked
package dev.tilewright.zoo;

import org.jspecify.annotations.NullMarked;
