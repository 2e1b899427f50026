# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel in the 3D view's sidebar: join, state, progress, who is here, what went wrong and what to do."""

import blf
import bpy

from . import describe, dots

FONT_POINTS = 11
REDRAW_SECONDS = 0.25


class _InSidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Scenesync"


class SCENESYNC_PT_main(_InSidebar, bpy.types.Panel):
    bl_idname = "SCENESYNC_PT_main"
    bl_label = "Scenesync"

    def draw_header_preset(self, context):
        self.layout.operator("scenesync.preferences", text="", icon="PREFERENCES", emboss=False)

    def draw(self, context):
        session = _session()
        if _is_out(session):
            self._draw_join(context)
        else:
            rows = describe.heading(session) + describe.troubles(session) + describe.progress(session)
            draw_rows(self.layout, context, rows)
            if session.state == "asking":
                _draw_question(self.layout, context, session)
            self.layout.operator("scenesync.leave", icon="UNLINKED")
        if session is not None:
            _draw_problems(self.layout, context, describe.problems(session))

    def _draw_join(self, context):
        column = self.layout.column(align=True)
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(context.window_manager, "scenesync_scene")
        self.layout.operator("scenesync.join", icon="LINKED")
        self.layout.operator("scenesync.paste_invitation", icon="PASTEDOWN")


class SCENESYNC_PT_people(_InSidebar, bpy.types.Panel):
    bl_idname = "SCENESYNC_PT_people"
    bl_parent_id = "SCENESYNC_PT_main"
    bl_label = "People"

    @classmethod
    def poll(cls, context):
        session = _session()
        return session is not None and session.state == "active"

    def draw(self, context):
        draw_rows(self.layout, context, describe.people(_session()))


def _session():
    from .. import registration

    return registration.session()


def _is_out(session):
    return session is None or session.state == "left"


def _draw_question(layout, context, session):
    box = layout.box()
    draw_text(box, context, describe.QUESTION.format(slug=session.slug))
    for choice, label, explanation in describe.CHOICES:
        column = box.column(align=True)
        column.operator("scenesync.decide", text=label).content = choice
        draw_text(column, context, explanation, dim=True)


def _draw_problems(layout, context, rows):
    if rows:
        box = layout.box()
        draw_rows(box, context, rows)
        box.operator("scenesync.dismiss", icon="CHECKMARK")


# ---- text that is never cut


def draw_rows(layout, context, rows):
    for row in rows:
        if row.detail:
            draw_text(layout, context, row.text, dim=True)
        elif row.progress is not None and hasattr(layout, "progress"):  # Blender 4.0 and later
            layout.progress(text=row.text, factor=row.progress)
        elif row.colour is not None:
            layout.label(text=row.text, icon_value=dots.icon(row.colour))
        else:
            draw_text(layout, context, row.text, icon=row.icon, alert=row.alert)


def draw_text(layout, context, text, icon="NONE", alert=False, dim=False):
    """Labels, as many as the text needs in a region of this width."""
    column = layout.column(align=True)
    column.alert = alert
    column.active = not dim
    column.scale_y = 0.8
    scale = context.preferences.system.ui_scale
    width = context.region.width - (90 if icon != "NONE" else 60) * scale
    for number, line in enumerate(wrap(text, width, FONT_POINTS * scale)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else "NONE")


def wrap(text, width, points):
    """The text in lines of at most `width` pixels; a word that is wider, as an address can be, is divided."""
    blf.size(0, points)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if blf.dimensions(0, longer)[0] <= width:
            lines[-1] = longer
            continue
        lines.append("")
        for character in word:
            if blf.dimensions(0, lines[-1] + character)[0] > width and lines[-1]:
                lines.append("")
            lines[-1] += character
    return [line for line in lines if line]


# ---- redrawing, when there is something new


class Redraw:
    """Has the sidebars drawn again when what they say has changed: nothing else is, as drawing a large scene costs."""

    def __init__(self):
        self.shown = None

    def __call__(self):
        shown = _everything(_session())
        if shown != self.shown:
            self.shown = shown
            _redraw()
        return REDRAW_SECONDS


def _everything(session):
    if session is None:
        return None
    parts = (describe.heading, describe.troubles, describe.progress, describe.people, describe.problems)
    return session.state, [part(session) for part in parts]


def _redraw():
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


CLASSES = (SCENESYNC_PT_main, SCENESYNC_PT_people)
