"""Tables and their constraints, one file per aggregate. Importing this loads them all."""

from portal.models.audit import AuditEntry, AuditHead
from portal.models.bookings import BookingLink
from portal.models.channel_limits import ChannelLimit, ChannelLimitRoom
from portal.models.channel_setups import ChannelSetup, MagicLink, SetupState
from portal.models.connections import (
    Channel,
    ChannelState,
    Connection,
    ConnectionState,
    Duty,
    DutyRow,
    ProviderAccount,
)
from portal.models.guests import Guest, GuestKey, GuestMerge
from portal.models.inbox import EventState, InboxMessage, InboxState, ProviderFeed, UnroutedMessage, WebhookEvent
from portal.models.invitations import Invitation, InvitationProperty
from portal.models.keys import TenantKey
from portal.models.lanes import Lane, Send
from portal.models.logins import ProviderLogin
from portal.models.mails import Mail
from portal.models.mapping_drafts import MappingChange, MappingDraft, ProductDecision, RemoteClosing, RemoteSnapshot
from portal.models.mappings import RateMapping, RoomMapping
from portal.models.onboardings import Onboarding
from portal.models.organizations import Organization
from portal.models.problems import Conflict, ConflictType, Incident
from portal.models.properties import Property
from portal.models.rate_edits import RateEdit, RateEditPlan, RateEditState
from portal.models.rates import RateDay, RatePlan, RateRule
from portal.models.reservation_pushes import ReservationPush
from portal.models.reservations import Reservation, ReservationRoom
from portal.models.room_types import Housekeeping, Room, RoomType
from portal.models.rooms import BlockReason, RoomBlock, RoomNight
from portal.models.schedule import ScheduleSlot
from portal.models.second_steps import RecoveryCode, SecondStep
from portal.models.switches import MasterSwitch
from portal.models.sync_runs import ApiCall, SyncRun, SyncStatus, SyncType
from portal.models.tokens import Purpose, Token
from portal.models.users import Membership, MembershipProperty, Role, User, UserSession

__all__ = [
    "ApiCall",
    "AuditEntry",
    "AuditHead",
    "BlockReason",
    "BookingLink",
    "Channel",
    "ChannelSetup",
    "ChannelLimit",
    "ChannelLimitRoom",
    "ChannelState",
    "Conflict",
    "ConflictType",
    "Connection",
    "ConnectionState",
    "Duty",
    "DutyRow",
    "EventState",
    "Guest",
    "GuestKey",
    "GuestMerge",
    "Housekeeping",
    "InboxMessage",
    "InboxState",
    "Incident",
    "Invitation",
    "InvitationProperty",
    "Lane",
    "Mail",
    "MappingChange",
    "MappingDraft",
    "MagicLink",
    "MasterSwitch",
    "Membership",
    "MembershipProperty",
    "Onboarding",
    "Organization",
    "ProductDecision",
    "Property",
    "ProviderAccount",
    "ProviderFeed",
    "ProviderLogin",
    "Purpose",
    "RateDay",
    "RateEdit",
    "RateEditPlan",
    "RateEditState",
    "RateMapping",
    "RatePlan",
    "RateRule",
    "RecoveryCode",
    "RemoteClosing",
    "RemoteSnapshot",
    "Reservation",
    "ReservationPush",
    "ReservationRoom",
    "Role",
    "Room",
    "RoomBlock",
    "RoomMapping",
    "RoomNight",
    "RoomType",
    "ScheduleSlot",
    "SecondStep",
    "Send",
    "SetupState",
    "SyncRun",
    "SyncStatus",
    "SyncType",
    "TenantKey",
    "Token",
    "UnroutedMessage",
    "User",
    "UserSession",
    "WebhookEvent",
]
