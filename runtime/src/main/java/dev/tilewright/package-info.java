/** Load a model, open a session, run it. */
@NullMarked
package dev.tilewright;

import org.jspecify.annotations.NullMarked;
